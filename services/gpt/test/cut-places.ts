const stride = Number(process.env.CUT_EVERY ?? 7)

/** Where `length` bytes are cut in two: every seventh place, and with `CUT_EVERY=1` every one. */
export function cutPlaces(length: number): number[] {
  return Array.from({ length: Math.ceil(length / stride) }, (_, index) => index * stride)
}
