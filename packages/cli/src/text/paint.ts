import { styleText } from 'node:util';

/** Colour only for what is abnormal (ISA-101), and never colour alone: a mark stands beside it. */
export type Tone = 'normal' | 'warning' | 'alarm' | 'faint' | 'strong';

const FORMATS = {
  warning: 'yellow',
  alarm: 'red',
  faint: 'dim',
  strong: 'bold',
} as const;

export function paint(text: string, tone: Tone, colour: boolean): string {
  if (tone === 'normal' || !colour) return text;
  return styleText(FORMATS[tone], text, { validateStream: false });
}

/**
 * Text that came from a file or the network, safe for a terminal: control characters (escape sequences among
 * them) and direction overrides become visible, so that nothing can repaint what an operator reads.
 */
export function plainText(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
