/** What the command bench's echo goes over, beside the protocol's own topics. */
export const PING = 'bench/ping';
export const PONG = 'bench/pong';
/** As long as the command and the receipt of the bench are on the wire, bytes. */
export const COMMAND_BYTES = 560;
export const RECEIPT_BYTES = 420;
