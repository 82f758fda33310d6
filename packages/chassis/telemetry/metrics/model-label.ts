export interface ModelLabelOptions {
  /** Names that the configuration lists: few, and chosen by the operator. */
  readonly isListed: (model: string) => boolean
  /** How many names are shown, in the order of their coming, that are neither listed nor priced. */
  readonly unlistedMax: number
}

/**
 * The name of a model as a label. Callers may ask for any name, so what they ask for must not make series: a listed name is
 * shown, a priced one without its provider and date, a few of the others, and every other one is `other`.
 */
export function createModelLabel({ isListed, unlistedMax }: ModelLabelOptions) {
  const priced = new Set<string>()
  const unlisted = new Set<string>()
  return function labelOf(model: string, isPriced: boolean): string {
    if (isListed(model)) return model
    if (isPriced) return admit(priced, pricedMax, model.slice(model.lastIndexOf('/') + 1).replace(dateSuffix, ''))
    return admit(unlisted, unlistedMax, model)
  }
}

function admit(shown: Set<string>, max: number, name: string): string {
  if (shown.size < max && name.length <= charsMax) shown.add(name)
  return shown.has(name) ? name : 'other'
}

/** Price tables are written by people; this bounds them all the same. */
const pricedMax = 200
const charsMax = 100
const dateSuffix = /-(?:20\d{2}-\d{2}-\d{2}|20\d{6})$/
