import { seededRng } from '@tieline/kernel';
import {
  type ClaimName,
  type Claims,
  decodeCbor,
  KINDS,
  type Kind,
  nodeSigner,
  parseSign1,
  signSign1,
  TOPICS,
  type TopicKind,
  TRUST_KIND,
  typOf,
} from '@tieline/protocol';

/** A value of each claim, in the order of their labels: what is encoded tells its label. */
const CLAIM_SAMPLES: { readonly [Name in ClaimName]: NonNullable<Claims[Name]> } = {
  iss: 'x',
  sub: 'x',
  aud: 'x',
  exp: 1,
  nbf: 1,
  iat: 1,
  cti: new Uint8Array(16),
  epoch: 1,
  seq: 1,
  sess: new Uint8Array(16),
  pol: 1,
};

const CLAIM_MEANINGS: { readonly [Name in ClaimName]: string } = {
  iss: 'principal of the signer; of the first one, where several sign',
  sub: 'reserved; no kind carries it',
  aud: 'the site, or `@control`',
  exp: 'not after, Unix seconds',
  nbf: 'not before, Unix seconds',
  iat: 'issued at, Unix seconds; informs, decides nothing',
  cti: '16 random bytes: this offer, this message',
  epoch: 'the control plane’s term; rises with each of its starts',
  seq: 'rises within an epoch',
  sess: 'nonce of the agent’s boot, 16 bytes',
  pol: 'policy version that the sender goes by',
};

/** Every kind that is signed or carried, documents and trust included. */
const ALL_KINDS: readonly Kind[] = [...Object.values(KINDS), TRUST_KIND];

/** `docs/reference/topics-and-kinds.md`, from the tables in `packages/protocol`. */
export function topicsPage(): string {
  return `# Topics and kinds

This page is made from the tables in \`packages/protocol/src/topics.ts\` and \`kinds.ts\`; a test says when it is
behind. The shapes of the bodies are in [protocol.cddl](protocol.cddl).

## Topics

\`tl1/{deployment}/{site}/{topic}\`. Deployment, site and asset ids match \`^[a-z0-9][a-z0-9-]{0,31}$\`. The protocol
uses the MQTT 3.1.1 subset with QoS 0 and 1 and clean sessions.

| topic | direction | QoS | retained |
| --- | --- | --- | --- |
${Object.entries(TOPICS)
  .map(([topic, { direction, qos, retained }]) =>
    row(`\`${topic}\``, arrow(direction), String(qos), retained ? 'yes' : 'no'),
  )
  .join('\n')}

## Kinds

*Addressed* messages go to one receiver under one topic; their \`external_aad\` is
\`["tl1", anchor, topic]\`. *Documents* are signed once for many; theirs is \`["tl1", anchor, name]\`. The anchor is
the SHA-256 of the deployment's first trust document, and empty in that document itself. Claims that are not
listed for a kind are forbidden in it. The topic \`desired/policy\` carries the document \`policy\`, which names the
digest of every site's page, and beside it the page of the one site; a \`desired/model\` holds a \`release\`, a command an \`order\`, and an upload of the audit log a \`checkpoint\`.

| kind | form | signed by role | claims | bytes at most |
| --- | --- | --- | --- | --- |
${ALL_KINDS.map(kindRow).join('\n')}

\`typ\` (header label 16) is \`application/vnd.tieline.{kind}.v1+cose\`, with \`/\` written as \`-\`; for example
\`${typOf(KINDS.timeAsk)}\`. Orders, policies and trust documents are COSE_Sign (tag 98), with one
signature for each person; all others are COSE_Sign1 (tag 18). \`alg\` is −19 (Ed25519, RFC 9864) and is pinned to the key.

## Claims

They stand in the protected header under label 15 (RFC 9597).

| claim | label | means |
| --- | --- | --- |
${claimNames()
  .map((name) => row(`\`${name}\``, minus(labelOf(name)), CLAIM_MEANINGS[name]))
  .join('\n')}
`;
}

function kindRow(kind: Kind): string {
  const { name, form, signedBy, claims, message } = kind;
  const carried = form === 'addressed' && !Object.hasOwn(TOPICS, name as TopicKind);
  if (carried) throw new Error(`${name} is addressed, and has no topic`);
  return row(
    `\`${name}\``,
    form,
    signedBy ?? '–',
    claims.length === 0 ? '–' : claims.map((claim) => `\`${claim}\``).join(' '),
    message.bytesMax.toLocaleString('en-US'),
  );
}

function claimNames(): readonly ClaimName[] {
  return Object.keys(CLAIM_SAMPLES) as ClaimName[];
}

/** The integer under which a claim really stands in a header. */
function labelOf(name: ClaimName): number {
  const signer = nodeSigner(seededRng(1).stream('docs').bytes(32));
  const header = { typ: 'x', claims: { [name]: CLAIM_SAMPLES[name] } };
  const { headerBytes } = parseSign1(
    signSign1(header, new Uint8Array([0xa0]), new Uint8Array(), signer),
  );
  const decoded = decodeCbor(headerBytes) as ReadonlyMap<number, unknown>;
  const claims = decoded.get(15) as ReadonlyMap<number, unknown>;
  const [label] = claims.keys();
  if (label === undefined) throw new Error(`${name} has no label`);
  return label;
}

function arrow(direction: 'to-agent' | 'to-control'): string {
  return direction === 'to-agent' ? 'control → agent' : 'agent → control';
}

function minus(value: number): string {
  return value < 0 ? `−${-value}` : String(value);
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
