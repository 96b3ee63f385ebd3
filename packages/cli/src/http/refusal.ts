import { CliError, EXIT, type ExitCode, type Fact } from '../exit.ts';

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
  const { code, facts } = refusal;
  const what =
    refusal.status >= 500
      ? `The control plane failed: ${code.replaceAll('_', ' ')}`
      : `Refused by the control plane: ${code.replaceAll('_', ' ')}`;
  const rows: Fact[] = Object.entries(facts).map(([name, fact]) => [
    name,
    typeof fact === 'string' ? fact : JSON.stringify(fact),
  ]);
  if (rows.length === 0) rows.push(['reason', refusal.message]);
  return new CliError(exitOf(refusal, changes), { code, what, facts: rows });
}

function exitOf({ status, code }: Refusal, changes: boolean): ExitCode {
  const byCode = exitOfCode(code);
  if (byCode !== null) return byCode;
  if (status === 401 || status === 403) return EXIT.signature;
  if (status === 400 || status === 413 || status === 422) return EXIT.usage;
  return status >= 500 && changes ? EXIT.unknown : EXIT.failed;
}
