/** By the end of a quantity's name; what says its unit itself, as `importKw` does, is not here. */
const UNITS: Readonly<Record<string, string>> = {
  'fleet.linked': 'agents',
  alarms: 'alarms',
  alarmsIn10Min: 'alarms',
  batteryKvar: 'kvar',
  buffered: 'records',
  connectsPerS: 'a second',
  currentA: 'A',
  energised: '0 or 1',
  evUnmetKwh: 'kWh',
  linked: '0 or 1',
  loading: '%',
  lowestVoltagePu: 'per unit',
  policyVersion: 'version',
  refused: 'messages',
  stateOfCharge: '0 to 1',
  tap: 'steps',
  unreceipted: 'records',
  voltagePu: 'per unit',
  waiting: 'commands',
};

/** The unit of a quantity, short enough to stand above the axis of a chart. */
export function unitOf(quantity: string): string {
  const name = quantity.slice(quantity.lastIndexOf('.') + 1);
  return UNITS[quantity] ?? UNITS[name] ?? (name.endsWith('Kw') ? 'kW' : '');
}
