import { createHash, timingSafeEqual } from 'node:crypto';
import { TielineError } from '@tieline/kernel';
import type { Grants } from './grants.ts';

/** Who may connect to the embedded broker. A client's user name is its client id. */
export interface BrokerClient {
  readonly clientId: string;
  /** A random secret, at least 32 characters: it is kept as a plain SHA-256, which a password must not be. */
  readonly token: string;
  readonly grants: Grants;
}

export type BrokerFailure =
  | { readonly code: 'broker_not_loopback'; readonly host: string }
  | { readonly code: 'broker_listen_failed'; readonly host: string; readonly port: number }
  | { readonly code: 'broker_token_weak'; readonly clientId: string; readonly charsMin: number }
  | { readonly code: 'broker_client_twice'; readonly clientId: string };

export class BrokerError extends TielineError<BrokerFailure> {}

const TOKEN_CHARS_MIN = 32;

/** Knows the broker's clients by a digest of their tokens. */
export class BrokerClients {
  readonly #known = new Map<string, { readonly digest: Buffer; readonly grants: Grants }>();

  /** @throws {BrokerError} broker_token_weak, broker_client_twice */
  constructor(clients: readonly BrokerClient[]) {
    for (const { clientId, token, grants } of clients) {
      if (token.length < TOKEN_CHARS_MIN) {
        throw new BrokerError({ code: 'broker_token_weak', clientId, charsMin: TOKEN_CHARS_MIN });
      }
      if (this.#known.has(clientId)) {
        throw new BrokerError({ code: 'broker_client_twice', clientId });
      }
      this.#known.set(clientId, { digest: sha256(token), grants });
    }
  }

  /** Compares in time that depends neither on the token nor on whether the user is known. */
  isAuthentic(username: string, password: Uint8Array): boolean {
    const known = this.#known.get(username);
    const equal = timingSafeEqual(sha256(password), known?.digest ?? sha256(''));
    return known !== undefined && equal;
  }

  /** `null` for a client nobody knows. */
  grantsOf(clientId: string | null): Grants | null {
    return clientId === null ? null : (this.#known.get(clientId)?.grants ?? null);
  }
}

function sha256(secret: string | Uint8Array): Buffer {
  return createHash('sha256').update(secret).digest();
}
