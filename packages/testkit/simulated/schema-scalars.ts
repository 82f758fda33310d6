/** A JSON schema, as it came in. */
export type Schema = Readonly<Record<string, unknown>>

/** A number within the bounds of its schema. Different variants give different numbers where the bounds leave room. */
export function sampleNumber(schema: Schema, { integer, variant }: { integer: boolean; variant: number }): number {
  const least = Math.max(finite(schema['minimum'], -Infinity), finite(schema['exclusiveMinimum'], -Infinity))
  const most = Math.min(finite(schema['maximum'], Infinity), finite(schema['exclusiveMaximum'], Infinity))
  const step = stepOf(schema, integer)
  return step === null
    ? sampleContinuous(schema, { least, most, variant })
    : sampleStepped(schema, { least, most, step, variant })
}

function stepOf(schema: Schema, integer: boolean): number | null {
  const multipleOf = finite(schema['multipleOf'], 0)
  if (multipleOf <= 0) return integer ? 1 : null
  if (!integer) return multipleOf
  for (let factor = 1; factor <= 1_000; factor++) {
    if (Number.isInteger(multipleOf * factor)) return multipleOf * factor
  }
  return multipleOf
}

interface Range {
  readonly least: number
  readonly most: number
  readonly variant: number
}

function sampleStepped(schema: Schema, { least, most, step, variant }: Range & { step: number }): number {
  let first = least === -Infinity ? Math.min(1, Math.floor(most / step)) : Math.ceil(least / step)
  if (first * step === schema['exclusiveMinimum']) first += 1
  if (least === -Infinity && first * step === schema['exclusiveMaximum']) first -= 1
  if (least === -Infinity && variant > 0 && most !== Infinity) return (first - variant) * step
  const last = most === Infinity ? Infinity : Math.floor(most / step)
  return Math.min(first + variant, Math.max(first, last)) * step
}

function sampleContinuous(schema: Schema, { least, most, variant }: Range): number {
  const nudge = (bound: number) => (variant + 1) * Math.max(1, Math.abs(bound) * 1e-6)
  if (least === -Infinity && most === Infinity) return 1.5 + variant
  if (most === Infinity) return schema['exclusiveMinimum'] === least || variant > 0 ? least + nudge(least) : least
  if (least === -Infinity) return schema['exclusiveMaximum'] === most || variant > 0 ? most - nudge(most) : most
  if (schema['exclusiveMinimum'] !== least && variant === 0) return least
  if (schema['exclusiveMaximum'] !== most && variant === 0) return most
  return least + (most - least) / (variant + 2)
}

/** A string of the schema's format or, without one, of its length. */
export function sampleString(schema: Schema, variant: number): string {
  const { format } = schema
  if (typeof format === 'string' && Object.hasOwn(formats, format)) {
    return formats[format as keyof typeof formats](variant)
  }
  const base = variant === 0 ? 'simulated' : `${variant.toString(36)} simulated`
  const length = Math.max(base.length, finite(schema['minLength'], 0))
  return base.padEnd(length, ' text').slice(0, finite(schema['maxLength'], length))
}

const formats = {
  'date-time': (variant: number) => `${date(variant)}T10:30:00Z`,
  date,
  time: (variant: number) => `10:${twoDigits(variant % 60)}:00Z`,
  duration: (variant: number) => `PT${variant + 1}M`,
  email: (variant: number) => `simulated${variant}@example.com`,
  hostname: (variant: number) => `simulated${variant}.example.com`,
  ipv4: (variant: number) => `192.0.2.${(variant % 254) + 1}`,
  ipv6: (variant: number) => `2001:db8::${(variant + 1).toString(16)}`,
  uuid: (variant: number) => `00000000-0000-4000-8000-${variant.toString(16).padStart(12, '0')}`,
  uri: (variant: number) => `https://example.com/simulated/${variant}`,
  'uri-reference': (variant: number) => `/simulated/${variant}`,
  'json-pointer': (variant: number) => `/simulated/${variant}`,
  regex: (variant: number) => `^simulated${variant}$`,
}

function date(variant: number): string {
  return `20${twoDigits(25 + (Math.floor(variant / 28) % 70))}-01-${twoDigits((variant % 28) + 1)}`
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}

function finite(value: unknown, fallback: number): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : fallback
}
