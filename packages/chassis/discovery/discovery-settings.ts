import { listSetting, textSetting } from '../config/setting.ts'

/** How instances are looked for, where some `<NAME>_SERVICE_URL` asks DNS or Consul. */
export const discoverySettings = {
  dnsServers: listSetting('DISCOVERY_DNS_SERVERS', {
    description: 'Name servers for dns:// and dns+srv:// addresses; port 8600 of a Consul agent is one, too.',
    format: 'IP addresses with or without a port (10.0.0.2:8600), separated by commas',
    accepts: /^(\d{1,3}(\.\d{1,3}){3}(:\d{1,5})?|[0-9a-fA-F:]+|\[[0-9a-fA-F:]+\](:\d{1,5})?)$/,
    fallback: [],
    shownDefault: 'those of the system',
  }),
  dnsSearch: listSetting('DISCOVERY_DNS_SEARCH', {
    description: 'Domains within which names are looked for that are not found as they are.',
    format: 'domain names separated by commas, or none',
    accepts: /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/,
    fallback: null,
    shownDefault: 'those of the system (/etc/resolv.conf)',
  }),
  consulToken: textSetting('CONSUL_HTTP_TOKEN', {
    description: 'Shown to the Consul agent of consul:// addresses, which must let it read services and nodes.',
    fallback: null,
    isSecret: true,
  }),
}
