import { CliError, EXIT, type ExitCode, type Fact } from '../exit.ts';
import { kilowatts, powerInWords } from '../text/humane.ts';

/** Codes of the protocol and of the control plane that speak of keys, signatures and roles. */
const SIGNATURE_CODES =
  /^(order_)?(key_\w+|algorithm_wrong|issuer_wrong|role_missing|signature_wrong|trust_expired|principal_doubled|threshold_missed|(site|action)_out_of_scope)$|^unauthorized$/;
/** … of limits, ratings, margins, ranks, interlocks and of what an order assumed. */
const LIMIT_CODES =
  /^(beyond_\w+|below_reserve|asset_\w+|site_without_policy|action_not_\w+|rank_too_low|quota_spent|assumption_\w+|order_class_too_low)$/;
const APPROVAL_CODES = /^order_quorum_missed$/;

/** Which exit a refusal is, by its code; null where the code alone does not say. */
export function exitOfCode(code: string): ExitCode | null {
  if (SIGNATURE_CODES.test(code)) return EXIT.signature;
  if (LIMIT_CODES.test(code)) return EXIT.refused;
  return APPROVAL_CODES.test(code) ? EXIT.awaitingApproval : null;
}

/** What the control plane answered instead of doing it. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** @param changes  whether the request would have changed something, so that a broken answer leaves it unknown */
export function refusalError(refusal: Refusal, changes: boolean): CliError {
  const { status, code, message, facts } = refusal;
  const words = code.replaceAll('_', ' ');
  const what =
    status >= 500 ? `The control plane failed: ${words}` : `Refused by the control plane: ${words}`;
  const rows = factRows(facts);
  const exit = exitOf(refusal, changes);
  const next = nextAfter(exit, refusal);
  return new CliError(exit, {
    code,
    what,
    facts: rows.length === 0 ? [['reason', message]] : rows,
    ...(next !== undefined && { next }),
  });
}

/** What was asked and where the limit is, in words; every other fact by its own name. */
function factRows(facts: Refusal['facts']): Fact[] {
  const { asset, askedKw, minKw, maxKw, ...others } = facts;
  const rows: Fact[] = [];
  if (typeof askedKw === 'number') {
    rows.push(['asked', `${asset === undefined ? '' : `${asset}: `}${powerInWords(askedKw)}`]);
  } else if (asset !== undefined) rows.push(['asset', String(asset)]);
  if (typeof minKw === 'number' && typeof maxKw === 'number') {
    rows.push(['limit', `${kilowatts(minKw)} to ${kilowatts(maxKw)}, positive into the grid`]);
  }
  for (const [name, fact] of Object.entries(others)) {
    rows.push([name, typeof fact === 'string' ? fact : JSON.stringify(fact)]);
  }
  return rows;
}

/** What names the things of which the control plane does not know one. */
const LISTED_BY: Readonly<Record<string, string>> = {
  site_unknown: 'tieline agent ls',
  command_unknown: 'tieline dispatch ls',
};

function nextAfter(exit: ExitCode, { code, facts: { site } }: Refusal): string | undefined {
  const list = LISTED_BY[code];
  if (list !== undefined) return `${list} names those that are known`;
  if (exit !== EXIT.refused) return undefined;
  return typeof site === 'string' ? `tieline policy show --site ${site}` : 'tieline policy show';
}

function exitOf({ status, code }: Refusal, changes: boolean): ExitCode {
  const byCode = exitOfCode(code);
  if (byCode !== null) return byCode;
  if (status === 401 || status === 403) return EXIT.signature;
  // 422 is understood and refused: the control plane's own answer, not the caller's mistake.
  if (status === 400 || status === 413) return EXIT.usage;
  return status >= 500 && changes ? EXIT.unknown : EXIT.failed;
}
