/** `1h02m03.5s`, without leading zeros and without units that are nothing. */
export function clock(ms: number): string {
  const [hours, minutes] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60];
  const seconds = (ms % 60_000) / 1_000;
  const parts = [
    ...(hours > 0 ? [`${hours}h`] : []),
    ...(minutes > 0 ? [`${minutes}m`] : []),
    ...(seconds > 0 || ms < 60_000 ? [`${Number(seconds.toFixed(3))}s`] : []),
  ];
  return parts.join('');
}
