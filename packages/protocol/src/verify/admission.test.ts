import { toHex } from '@tieline/kernel';
import { describe, expect, test } from 'vitest';
import type { Arrival } from './addressed.ts';
import type { CommandState, StoredCommand } from './command-state.ts';
import { honest, outcome, refused, verdict } from './fixture-command.ts';
import {
  battery,
  orderedCommand,
  plannedCommand,
  policy,
  setpoint,
  siteState,
} from './fixture-site.ts';

describe('step 15: plant, policy and limits', () => {
  const hold = { startWithinMs: 0, validForMs: 60_000 };
  const limit = (point: string) =>
    ({ type: 'limit', point, importMaxKw: 10, exportMaxKw: 10, ...hold }) as const;
  const charge = (stateOfCharge: number, powerMaxKw = 40) =>
    ({ type: 'charge-target', asset: 'battery-1', stateOfCharge, powerMaxKw, ...hold }) as const;
  const mode = { type: 'mode', mode: 'idle', ...hold } as const;
  const tap = { type: 'tap', asset: 'battery-1', position: 1, ...hold } as const;
  const ceded = new Uint8Array(16).fill(3);
  const cede = { type: 'cede', command: ceded } as const;
  const remembers = (rank: StoredCommand['rank']): Partial<CommandState> => ({
    storedCommand: (id) =>
      toHex(id) === toHex(ceded) ? { actionsDigest: new Uint8Array(32), rank } : null,
  });
  const active = (rank: 'plan' | 'routine' | 'critical', priority = 3): Partial<CommandState> => ({
    activeActions: [{ asset: 'battery-1', rank, priority }],
  });
  const inForce = (point: string, importMaxKw: number, exportMaxKw: number) => ({
    limits: [{ point, importMaxKw, exportMaxKw }],
  });
  const kw = (activePowerKw: number): Arrival => orderedCommand([setpoint({ activePowerKw })]);
  const lossy = (change: Partial<CommandState['assets'][number]>): Partial<CommandState> => ({
    assets: [{ ...battery('battery-1'), ...change }],
  });

  test.each<[string, string, Arrival, Partial<CommandState>?]>([
    ['too many commands this hour', 'quota_spent', honest, { acceptedLastHour: 100 }],
    [
      'a site the policy leaves out',
      'site_without_policy',
      honest,
      { policy: { ...policy, sites: [{ ...policy.sites[0]!, site: 'site-2' }] } },
    ],
    [
      'an asset that is not there',
      'asset_unknown',
      orderedCommand([setpoint({ asset: 'battery-7' })]),
    ],
    [
      'an asset the policy leaves out',
      'asset_without_policy',
      orderedCommand([setpoint({ asset: 'battery-9' })]),
    ],
    ['an asset in local control', 'asset_local', honest, lossy({ local: true })],
    [
      'a load that obeys no one',
      'action_not_offered',
      orderedCommand([setpoint({ asset: 'load-1' })]),
    ],
    ['reactive power', 'action_not_offered', orderedCommand([setpoint({ reactivePowerKvar: 5 })])],
    ['a tap where there is none', 'action_not_offered', orderedCommand([tap])],
    ['a limit at a load', 'action_not_offered', orderedCommand([limit('load-1')])],
    ['a limit at nothing', 'asset_unknown', orderedCommand([limit('nowhere')])],
    ['more than the nameplate', 'beyond_rating', kw(121)],
    ['more charge than the nameplate', 'beyond_rating', kw(-121)],
    ['more than the policy', 'beyond_policy_limit', kw(100.001)],
    ['a faster ramp in', 'beyond_ramp', orderedCommand([setpoint({ rampKwPerS: 11 })])],
    ['a faster ramp out', 'beyond_ramp', orderedCommand([setpoint({ rampOutKwPerS: 11 })])],
    [
      'a value to revert to beyond the policy',
      'beyond_policy_limit',
      orderedCommand([setpoint({ revert: { to: 'value', activePowerKw: -101 } })]),
    ],
    [
      'beyond a limit at its terminal',
      'beyond_limit_in_force',
      kw(40),
      inForce('battery-1', 100, 39),
    ],
    [
      'charging beyond a limit at its terminal',
      'beyond_limit_in_force',
      kw(-40),
      inForce('battery-1', 39, 100),
    ],
    [
      'import beyond the site’s limit',
      'beyond_limit_in_force',
      kw(-40),
      inForce('meter-1', 119, 100),
    ],
    ['import beyond the policy', 'beyond_limit_in_force', kw(-40), { siteImportKw: 161 }],
    ['export beyond the policy', 'beyond_limit_in_force', kw(40), { siteImportKw: -111 }],
    ['under an action of higher rank', 'rank_too_low', honest, active('critical')],
    ['under a higher priority', 'rank_too_low', honest, active('routine', 4)],
    [
      'a charge target under a higher rank',
      'rank_too_low',
      plannedCommand([charge(0.8)]),
      active('routine'),
    ],
    ['ending what nobody knows', 'ceded_command_unknown', orderedCommand([cede])],
    [
      'ending a command of higher rank',
      'rank_too_low',
      orderedCommand([cede]),
      remembers('critical'),
    ],
    [
      'superseding a command of higher rank',
      'rank_too_low',
      plannedCommand([setpoint({ supersedes: ceded })]),
      remembers('routine'),
    ],
    ['charging faster than the policy', 'beyond_policy_limit', orderedCommand([charge(0.8, 101)])],
    [
      'discharging faster than the policy',
      'beyond_policy_limit',
      orderedCommand([charge(0.3, 101)]),
    ],
    [
      'a plan beyond the margin',
      'beyond_margin',
      plannedCommand([setpoint({ activePowerKw: 50.1 })]),
    ],
    [
      'a plan that charges beyond the margin',
      'beyond_margin',
      plannedCommand([setpoint({ activePowerKw: -50.1 })]),
    ],
    [
      'a plan that would leave a value to hold for ever',
      'action_not_for_plan',
      plannedCommand([setpoint({ revert: { to: 'value', activePowerKw: 0 } })]),
    ],
    ['a plan below the reserve', 'below_reserve', plannedCommand([charge(0.19)])],
    [
      'a plan that discharges what is below the reserve',
      'below_reserve',
      plannedCommand([setpoint({ activePowerKw: 1 })]),
      lossy({ stateOfCharge: 0.19 }),
    ],
    [
      'import beyond the site’s limit behind a harmless setpoint of the same battery',
      'beyond_limit_in_force',
      orderedCommand([setpoint(), setpoint({ activePowerKw: -40, priority: 4 })]),
      inForce('meter-1', 119, 100),
    ],
    [
      'charging to a target beyond the site’s import',
      'beyond_limit_in_force',
      orderedCommand([charge(0.8)]),
      inForce('meter-1', 119, 100),
    ],
    [
      'discharging to a target beyond the site’s export',
      'beyond_limit_in_force',
      orderedCommand([charge(0.3, 100)]),
      inForce('meter-1', 100, 19),
    ],
    ['a plan that limits', 'action_not_for_plan', plannedCommand([limit('meter-1')])],
    ['a plan that changes the mode', 'action_not_for_plan', plannedCommand([mode])],
    ['a plan that ends an order', 'rank_too_low', plannedCommand([cede]), remembers('routine')],
  ])('%s: %s', (_name, expected, arrival, state) => {
    expect(verdict(arrival, state)).toBe(`15 ${expected} by author`);
  });

  test.each<[string, Arrival, Partial<CommandState>?]>([
    ['the policy’s bound itself', kw(100)],
    ['an order beyond the margin', kw(60)],
    ['a plan at the margin', plannedCommand([setpoint({ activePowerKw: -50 })])],
    ['the bound of a limit in force', kw(40), inForce('battery-1', 0, 40)],
    ['the site’s bound itself', kw(-40), inForce('meter-1', 120, 0)],
    ['less import, though still beyond the site’s limit', kw(40), inForce('meter-1', 10, 0)],
    [
      'charging that is asked for five times over, and done once',
      orderedCommand(Array.from({ length: 5 }, () => setpoint({ activePowerKw: -10 }))),
      inForce('meter-1', 90, 0),
    ],
    [
      'charging by a plan below the reserve',
      plannedCommand([setpoint({ activePowerKw: -10 })]),
      lossy({ stateOfCharge: 0.1 }),
    ],
    ['charging while the meter is silent', kw(-40), { siteImportKw: null }],
    ['less sun for the grid', orderedCommand([setpoint({ asset: 'pv-1', activePowerKw: 10 })])],
    [
      'more room for the sun than it needs',
      orderedCommand([setpoint({ asset: 'pv-1', activePowerKw: 80 })]),
      { siteImportKw: -149 },
    ],
    ['the same priority', honest, active('routine', 3)],
    ['a lower rank below it', honest, active('plan', 9)],
    [
      'another asset under a higher rank',
      orderedCommand([setpoint({ asset: 'pv-1' })]),
      active('critical'),
    ],
    ['a charge target within both bounds', orderedCommand([charge(0.8, 100)])],
    ['a limit at the site and at an asset', orderedCommand([limit('meter-1'), limit('battery-1')])],
    ['a mode by order', orderedCommand([mode])],
    ['ending a plan by order', orderedCommand([cede]), remembers('plan')],
    ['superseding what is not known', orderedCommand([setpoint({ supersedes: ceded })])],
  ])('%s is accepted', (_name, arrival, state) => {
    expect(outcome(arrival, siteState(state)).outcome).toBe('new');
  });

  test('a refusal by a limit says what was asked and what there is', () => {
    expect(refused(kw(-40), inForce('meter-1', 119, 100)).failure.facts).toEqual({
      point: 'site',
      importKw: 120,
      importMaxKw: 119,
      exportMaxKw: 100,
    });
  });
});
