/** What is read and changed of a Deployment, of which the rest is passed on as it is. */
export interface Deployment {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Labels }
  readonly spec: {
    readonly replicas?: number
    readonly selector: { readonly matchLabels: Labels }
    readonly template: PodTemplate
  }
}

interface PodTemplate {
  readonly metadata: { readonly labels: Labels }
  readonly spec: { readonly containers: readonly { readonly name: string; readonly image: string }[] }
}

type Labels = Readonly<Record<string, string>>

const track = { 'parley.dev/track': 'canary' }
const versionLabel = 'app.kubernetes.io/version'

export function canaryName(process: string): string {
  return `${process}-canary`
}

/**
 * A Deployment of one pod with another image beside the one that is there. Services, budgets and policies select pods
 * by labels that both have, so the pod gets its share of what is asked.
 */
export function canaryOf(deployment: Deployment, image: string): Deployment {
  const { metadata, spec } = deployment
  const changed = withImage(spec.template, image)
  return {
    apiVersion: deployment.apiVersion,
    kind: deployment.kind,
    metadata: {
      name: canaryName(metadata.name),
      ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
      labels: { ...metadata.labels, ...track, [versionLabel]: versionOf(image) },
    },
    spec: {
      ...spec,
      replicas: 1,
      selector: { matchLabels: { ...spec.selector.matchLabels, ...track } },
      template: { ...changed, metadata: { ...changed.metadata, labels: { ...changed.metadata.labels, ...track } } },
    },
  }
}

/** What is merged into the Deployment that stays, when the new image has done well. */
export function promotionOf({ metadata, spec }: Deployment, image: string): object {
  const containers = spec.template.spec.containers.slice(0, 1).map(({ name }) => ({ name, image }))
  const labels = { [versionLabel]: versionOf(image) }
  return {
    metadata: { name: metadata.name, labels },
    spec: { template: { metadata: { labels }, spec: { containers } } },
  }
}

/** A pod has one container of Parley, the first; others beside it stay as they are. */
function withImage(template: PodTemplate, image: string): PodTemplate {
  const containers = template.spec.containers.map((container, index) =>
    index === 0 ? { ...container, image } : container,
  )
  const labels = { ...template.metadata.labels, [versionLabel]: versionOf(image) }
  return { ...template, metadata: { ...template.metadata, labels }, spec: { ...template.spec, containers } }
}

/** The tag; of an image that is named by its digest, the start of that: labels have at most 63 characters. */
function versionOf(image: string): string {
  const [name = '', digest] = image.split('@sha256:')
  if (digest !== undefined) return digest.slice(0, 12)
  return /:([\w][\w.-]{0,62})$/.exec(name)?.[1] ?? 'unknown'
}
