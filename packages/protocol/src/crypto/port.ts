/** Signs with one Ed25519 key. Deterministic (RFC 8032). */
export interface Signer {
  /** First 16 bytes of SHA-256 over the raw public key. */
  readonly kid: Uint8Array;
  /** Raw public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  sign(bytes: Uint8Array): Uint8Array;
}

/** Checks signatures of one Ed25519 public key, imported once. */
export interface Verifier {
  readonly kid: Uint8Array;
  readonly publicKey: Uint8Array;
  verify(bytes: Uint8Array, signature: Uint8Array): boolean;
}
