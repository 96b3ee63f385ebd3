/** A run that keeps its promise is called broken by chance no more often than this. */
const FALSE_ALARM = 1e-9;

/**
 * How many of `count` independent draws are too many for one window, where each of them lies in a given window with
 * `share` at most. A few cluster by chance, so that is more than `count` where all of them prove nothing: sixteen draws
 * prove something with a share of 0.2, six do not.
 *
 * Of k draws in one window one is the first, and k − 1 of the others lie in the window that begins with it. So the chance of it
 * is at most count · P(Bin(count − 1, share) ≥ k − 1). Of twenty with 0.2: 8·10⁻¹¹ for nineteen, 3·10⁻⁹ for eighteen.
 */
export function tooMany(count: number, share: number): number {
  const others = count - 1;
  let chance = 0;
  // ln P(Bin(others, share) = at), from the top down.
  let log = others * Math.log(share);
  for (let at = others; at >= 0; at -= 1) {
    chance += count * Math.exp(log);
    if (!(chance < FALSE_ALARM)) return at + 2;
    log += Math.log(at / (others - at + 1)) + Math.log((1 - share) / share);
  }
  return 1;
}
