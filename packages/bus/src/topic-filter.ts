/**
 * MQTT topics and filters. A grant is a filter too: a subscription must be *contained in* a grant, since
 * merely matching it as text would let `site/#` slip through a grant of `site/+`.
 */

const TOPIC_BYTES_MAX = 256;
const TOPIC_LEVELS_MAX = 16;

/** A topic that may be published to: bounded, no wildcard, no control character, not the broker's own. */
export function isPublishable(topic: string): boolean {
  return isWellFormed(topic) && !/[+#]/.test(topic) && !isReserved(topic);
}

/** A filter that may be subscribed to: wildcards alone in their level, `#` last, not the broker's own. */
export function isSubscribable(filter: string): boolean {
  if (!isWellFormed(filter) || isReserved(filter)) return false;
  const levels = filter.split('/');
  return levels.every(
    (level, at) =>
      level === '+' || (level === '#' && at === levels.length - 1) || !/[+#]/.test(level),
  );
}

/** `$SYS` and its kin belong to the broker: aedes takes commands there that disconnect clients. */
function isReserved(topic: string): boolean {
  return topic.startsWith('$');
}

function isWellFormed(text: string): boolean {
  return (
    text.length > 0 &&
    Buffer.byteLength(text) <= TOPIC_BYTES_MAX &&
    text.split('/').length <= TOPIC_LEVELS_MAX &&
    !/\p{Cc}/u.test(text)
  );
}

/** Whether a message on `topic` goes to a subscription of `filter` (MQTT 3.1.1, 4.7). */
export function topicMatches(filter: string, topic: string): boolean {
  return filterContains(filter, topic);
}

/**
 * Whether every topic that `inner` matches is matched by `outer` as well. A topic is a filter that matches
 * itself alone, so this answers for topics, too.
 */
export function filterContains(outer: string, inner: string): boolean {
  // A leading wildcard does not reach the broker's own topics (4.7.2).
  if (isReserved(inner) && !isReserved(outer)) return false;
  let to = 0;
  for (let at = 0; at < outer.length; at += 1) {
    const char = outer[at];
    const wildcard = (char === '#' || char === '+') && isWholeLevel(outer, at);
    if (wildcard && char === '#') return true;
    if (wildcard) {
      if (inner[to] === '#' && isWholeLevel(inner, to)) return false;
      while (to < inner.length && inner[to] !== '/') to += 1;
    } else if (char === inner[to]) {
      to += 1;
    } else {
      // `a/#` matches its parent `a`, too.
      return to === inner.length && outer.slice(at) === '/#';
    }
  }
  return to === inner.length;
}

/** Whether the character stands alone between slashes, as a wildcard does. */
function isWholeLevel(filter: string, at: number): boolean {
  const begins = at === 0 || filter[at - 1] === '/';
  return begins && (at + 1 === filter.length || filter[at + 1] === '/');
}
