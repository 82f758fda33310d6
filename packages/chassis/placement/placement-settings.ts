import { type Setting, setting, textSetting } from '../config/setting.ts'
import { parseServiceAddress, type ServiceAddress, serviceAddressFormat } from '../discovery/service-address.ts'

export const servicesSetting = textSetting('SERVICES', {
  description: 'Which services this process runs.',
  format: 'all, or names of services separated by commas',
  fallback: null,
  shownDefault: 'all; the program of one service runs that one',
})

export function serviceUrlSetting(service: string): Setting<ServiceAddress | null> {
  return setting(
    urlVariable(service),
    {
      description: `Where the service ${service} listens for other services, or who knows its instances. Needed where it is called and does not run in the same process.`,
      fallback: null,
    },
    { format: serviceAddressFormat, parse: parseServiceAddress },
  )
}

export function urlVariable(service: string): string {
  return `${variablePrefix(service)}_SERVICE_URL`
}

/** With what the names of a service's own variables begin. */
export function variablePrefix(service: string): string {
  return service.toUpperCase().replaceAll('-', '_')
}
