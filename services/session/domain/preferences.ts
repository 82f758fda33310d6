/** What a session prefers wins over what its user prefers, field by field. */
export function mergePreferences<P extends object>(ofUser: P, ofSession: P): P {
  return { ...ofUser, ...ofSession }
}
