import type { Node } from '../yaml-text.ts'

export const networks = {
  /** Without a way out: between the parts of the system. */
  system: 'system',
  /** For what is published on this machine, and for providers on the internet. */
  outside: 'outside',
} as const

/** What every container is started with: nothing it could change or become. */
export const hardened: Node = {
  read_only: true,
  tmpfs: ['/tmp'],
  cap_drop: ['ALL'],
  security_opt: ['no-new-privileges:true'],
  init: true,
  restart: 'unless-stopped',
  logging: { driver: 'json-file', options: { 'max-size': '50m', 'max-file': '3' } },
}
