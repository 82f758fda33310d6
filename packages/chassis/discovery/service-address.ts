import type { Parsed } from '../config/setting.ts'

/** How the instances of a service in other processes are found. */
export type ServiceAddress =
  | { readonly by: 'urls'; readonly origins: readonly string[] }
  /** One instance per address (A and AAAA) of the name, all at one port. */
  | { readonly by: 'dns'; readonly name: string; readonly port: number }
  /** One instance per SRV record; the records say the ports. */
  | { readonly by: 'dns+srv'; readonly name: string; readonly scheme: 'http' | 'https' }
  | {
      readonly by: 'consul'
      /** Of the agent's HTTP interface. */
      readonly agent: string
      readonly service: string
      readonly tag: string | null
      readonly datacenter: string | null
    }

export const serviceAddressFormat =
  'http://host:port (several with commas between), dns://name:port, dns+srv://_http._tcp.name or consul://host:port/service'

const consulPort = 8_500

/** Never repeats the text in a problem: a URL may hold what is secret. */
export function parseServiceAddress(text: string): Parsed<ServiceAddress> {
  const parts = text.split(',').map((part) => part.trim())
  const urls = parts.map((part) => (URL.canParse(part) ? new URL(part) : null))
  const [first] = urls
  if (first === null || first === undefined || urls.includes(null))
    return { problem: `must be ${serviceAddressFormat}` }
  if (urls.some((url) => url !== null && (url.username !== '' || url.password !== ''))) {
    return { problem: 'must not hold a user or a password: they would be shown; take out what is before the @' }
  }
  if (urls.every((url) => url?.protocol === 'http:' || url?.protocol === 'https:')) {
    return { value: { by: 'urls', origins: [...new Set(urls.map((url) => url?.origin ?? ''))] } }
  }
  if (urls.length > 1) return { problem: 'can only be a list of http:// addresses; give one address of any other kind' }
  switch (first.protocol) {
    case 'dns:':
      return parseDns(first)
    case 'dns+srv:':
      return parseSrv(first)
    case 'consul:':
      return parseConsul(first)
    default:
      return { problem: `must be ${serviceAddressFormat}` }
  }
}

/** As people read it. Holds nothing secret: addresses never do. */
export function shownAddress(address: ServiceAddress): string {
  switch (address.by) {
    case 'urls':
      return address.origins.join(', ')
    case 'dns':
      return `dns://${address.name}:${address.port}`
    case 'dns+srv':
      return `dns+srv://${address.name}`
    case 'consul': {
      const query = new URLSearchParams({
        ...(address.tag !== null && { tag: address.tag }),
        ...(address.datacenter !== null && { dc: address.datacenter }),
      }).toString()
      return `consul://${new URL(address.agent).host}/${address.service}${query === '' ? '' : `?${query}`}`
    }
  }
}

function parseDns({ hostname, port, pathname, search }: URL): Parsed<ServiceAddress> {
  if (!isName(hostname) || !isBare(pathname, search)) return { problem: 'must read dns://name:port and nothing more' }
  if (port === '') {
    return { problem: 'needs a port: dns://name:port. Only SRV records (dns+srv://) know ports by themselves' }
  }
  return { value: { by: 'dns', name: hostname, port: Number(port) } }
}

function parseSrv({ hostname, port, pathname, search }: URL): Parsed<ServiceAddress> {
  if (port !== '') return { problem: 'must not name a port: SRV records say the ports' }
  if (!isName(hostname) || !isBare(pathname, search)) {
    return { problem: 'must read dns+srv://_http._tcp.name and nothing more' }
  }
  return { value: { by: 'dns+srv', name: hostname, scheme: hostname.startsWith('_https.') ? 'https' : 'http' } }
}

function parseConsul({ hostname, port, pathname, searchParams }: URL): Parsed<ServiceAddress> {
  const service = pathname.slice(1)
  if (hostname === '' || !isName(service)) {
    return { problem: 'must name the agent and the service as Consul knows it: consul://host:port/service' }
  }
  if (searchParams.has('token')) {
    return { problem: 'must not hold a token, since addresses are shown: put it into CONSUL_HTTP_TOKEN' }
  }
  const unknown = [...searchParams.keys()].filter((key) => key !== 'tag' && key !== 'dc')
  if (unknown.length > 0) return { problem: 'may only have the parameters tag and dc after the service' }
  return {
    value: {
      by: 'consul',
      agent: `http://${hostname}:${port === '' ? consulPort : port}`,
      service,
      tag: searchParams.get('tag'),
      datacenter: searchParams.get('dc'),
    },
  }
}

function isName(text: string): boolean {
  return /^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})$/.test(text)
}

function isBare(pathname: string, search: string): boolean {
  return (pathname === '' || pathname === '/') && search === ''
}
