import type { AuditRecord } from '@tieline/audit';
import { clipText } from '@tieline/kernel';
import { alarm, type ControlEvent } from './events.ts';

/** What agents write down of their sites and devices, and the alarm that it is. */
const ALARM_OF = {
  foreign_setpoint: 'device_foreign_setpoint',
  reversion_not_armed: 'device_timer_not_armed',
  setpoint_not_followed: 'device_not_following',
  write_failed: 'device_not_written',
  readings_doubted: 'device_doubted',
  devices_unread: 'device_not_read',
  limits_conflict: 'limits_conflict',
} as const;

const DETAIL_CHARS = 300;
/** The last time that a `Date` holds. */
const DATE_MAX_MS = 8.64e15;

/**
 * The alarm that a record of a site's audit log is; null where it is none. An agent writes once of what comes and
 * goes within a minute, and what it wrote while it was cut off is heard of when it is back: so each says since when.
 */
export function deviceAlarm(record: AuditRecord, site: string): ControlEvent | null {
  const { kind, actor, subject, body, wallMs, clock } = record;
  if (actor !== 'agent' || !Object.hasOwn(ALARM_OF, kind)) return null;
  const said = body['detail'] ?? body['doubts'] ?? body['unread'] ?? body['conflicts'];
  const what = [subject, typeof said === 'string' ? said : '']
    .filter((one) => one !== '')
    .join(': ');
  const isDated = clock !== 'untrusted' && wallMs <= DATE_MAX_MS;
  const since = isDated ? ` (since ${isoSecond(wallMs)})` : '';
  const code = ALARM_OF[kind as keyof typeof ALARM_OF];
  return alarm(code, site, `${clipText(what, DETAIL_CHARS)}${since}`);
}

function isoSecond(wallMs: number): string {
  return new Date(wallMs).toISOString().replace(/\.\d+Z$/, 'Z');
}
