export {
  type CborEncodable,
  CborError,
  type CborFailure,
  type CborValue,
  decodeCbor,
  encodeCbor,
} from './cbor/codec.ts';
export { cborDiagnostic, cborDiagnosticOrHex } from './cbor/diagnostic.ts';
export { jsonable } from './cbor/jsonable.ts';
export {
  addressedAad,
  documentAad,
  parseSign,
  parseSign1,
  type Sign,
  type Sign1,
  signSign1,
  verifySign1,
} from './cose/envelope.ts';
export { EnvelopeError, type EnvelopeFailure } from './cose/failure.ts';
export { type ForeignSign1Report, verifyForeignSign1 } from './cose/foreign.ts';
export {
  ALG_ED25519,
  ALG_EDDSA,
  type Claims,
  type ContentHeader,
  type KeyHeader,
  type Sign1Header,
} from './cose/headers.ts';
export { kidOf, sha256 } from './crypto/digest.ts';
export {
  type HeldKey,
  KeyFileError,
  type KeyFileFailure,
  type KeyFileIdentity,
  keyFileIdentity,
  openKeyFile,
  openServiceKeyFile,
  Principal,
  sealKeyFile,
  serviceKeyFile,
} from './crypto/key-file.ts';
export { naclSigner, naclVerifier } from './crypto/nacl-ed25519.ts';
export { nodeSigner, nodeVerifier } from './crypto/node-ed25519.ts';
export type { Signer, Verifier } from './crypto/port.ts';
export {
  assertPublicKeySound,
  PublicKeyError,
  type PublicKeyFailure,
} from './crypto/public-key.ts';
export {
  type ClaimName,
  KINDS,
  type Kind,
  type Role,
  typOf,
} from './kinds.ts';
export { TreeFold } from './merkle/fold.ts';
export { emptyRoot, HASH_BYTES, leafHash } from './merkle/hash.ts';
export {
  completedBy,
  consistencyProof,
  frontierOf,
  inclusionProof,
  type NodeReader,
  rootOf,
  type TreeNode,
} from './merkle/tree.ts';
export {
  type ConsistencyClaim,
  type InclusionClaim,
  MerkleError,
  type MerkleFailure,
  verifyConsistency,
  verifyInclusion,
} from './merkle/verify.ts';
export {
  Action,
  Actions,
  type ChargeTarget,
  type Limit,
  type Mode,
  type Revert,
  type Setpoint,
} from './messages/action.ts';
export { AuditReceipt, AuditUpload, Checkpoint } from './messages/audit.ts';
export { Basis, Command, Plan } from './messages/command.ts';
export { type MessageDefinition, MessageError, type MessageFailure } from './messages/define.ts';
export { ClockState, type TreeHead } from './messages/fields.ts';
export { Birth, Death, Heartbeat, Presence, TimeAsk, TimeTell } from './messages/lifecycle.ts';
export {
  BLOCK_BYTES,
  BlockHave,
  BlockWant,
  DesiredModel,
  Freshness,
  MODEL_BYTES_MAX,
  Release,
} from './messages/model.ts';
export { type Assumptions, Order, OrderClass, OrderTarget } from './messages/order.ts';
export { AssetPolicy, Policy, PolicyIndex, SitePolicy } from './messages/policy.ts';
export { Receipt, ReceiptStatus } from './messages/receipt.ts';
export { Quantity, Telemetry, TelemetrySeries } from './messages/telemetry.ts';
export {
  parseTopic,
  printTopic,
  TOPICS,
  type Topic,
  TopicError,
  type TopicKind,
  topicFilters,
} from './topics.ts';
export {
  type ActionType,
  type AssetClass,
  Scope,
  TRUST_KIND,
  TrustDocument,
  TrustKey,
} from './trust/document.ts';
export {
  KeyError,
  type KeyFailure,
  openTrust,
  resolveKey,
  scopeCoversAction,
  scopeCoversSite,
  signTrust,
  type Trust,
  TrustError,
  type TrustedKey,
  type TrustFailure,
} from './trust/trust.ts';
export {
  type Arrival,
  type Opened,
  openAddressed,
  type Receiver,
  type Sender,
  sealAddressed,
} from './verify/addressed.ts';
export { actionsDigest, type CheckedBasis } from './verify/basis.ts';
export { VerificationBudget } from './verify/budget.ts';
export { type CommandOutcome, commandIdOf, verifyCommand } from './verify/command.ts';
export {
  type ActiveAction,
  type AssetView,
  type CommandState,
  type CommandTime,
  EPOCH_STEP_MAX,
  type LimitInForce,
  RANKS,
  type Rank,
  REPLAY_START,
  type ReplayState,
  type StoredCommand,
} from './verify/command-state.ts';
export {
  type DocumentReader,
  type OpenedDocument,
  openDocument,
  sealDocument,
} from './verify/document.ts';
export {
  type Facts,
  type Offer,
  type Step,
  type VerifyCode,
  VerifyError,
  type VerifyFailure,
} from './verify/failure.ts';
export {
  decodePolicy,
  openPolicy,
  POLICY_BYTES_MAX,
  policyParts,
  sealPolicy,
} from './verify/policy.ts';
