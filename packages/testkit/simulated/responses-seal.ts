/** Reasoning in the form that only its provider can read. */
export function sealReasoning(id: string, text: string): string {
  return `sealed-${Buffer.from(`${id} ${text}`).toString('base64url')}`
}

/** What is passed back has to be what was made, under the id that it had. */
export function isSealedReasoning({ id, encrypted_content: sealed }: Readonly<Record<string, unknown>>): boolean {
  if (typeof sealed !== 'string' || !sealed.startsWith('sealed-')) return false
  return Buffer.from(sealed.slice('sealed-'.length), 'base64url')
    .toString()
    .startsWith(`${String(id)} `)
}
