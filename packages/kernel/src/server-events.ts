/** One event of a `text/event-stream`. */
export interface ServerEvent {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string;
}

const EVENT_CHARACTERS_MAX = 1_048_576;

/**
 * Events of a stream as its bytes come (WHATWG HTML, 9.2.6): fields up to an empty line, comments dropped, a
 * `data` on several lines joined. An event without data is none.
 *
 * @throws {RangeError} where one event does not end within a megabyte
 */
export async function* readEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  let fields: string[] = [];
  let held = 0;
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line !== '') {
        fields.push(line);
        held += line.length;
        continue;
      }
      const event = assemble(fields);
      fields = [];
      held = 0;
      if (event !== null) yield event;
    }
    if (held + rest.length > EVENT_CHARACTERS_MAX) throw new RangeError('an event without an end');
  }
}

function assemble(fields: readonly string[]): ServerEvent | null {
  let id: string | undefined;
  let event = 'message';
  const data: string[] = [];
  for (const field of fields) {
    const colon = field.indexOf(':');
    const name = colon < 0 ? field : field.slice(0, colon);
    const value = colon < 0 ? '' : field.slice(colon + 1).replace(/^ /, '');
    if (name === 'id') id = value;
    else if (name === 'event') event = value;
    else if (name === 'data') data.push(value);
  }
  return data.length === 0 ? null : { id, event, data: data.join('\n') };
}
