import type { Contract } from '../contract/define-contract.ts'

const firstInternalPort = 8001
/** Of a process that runs several services, which is none of them. */
export const severalServicesPort = 8010

/**
 * Where a service that runs alone listens for other processes when nothing else is said: the first contract of the
 * system on 8001, the next on 8002, and so on; from the tenth on past the port of processes with several services.
 */
export function defaultInternalPort(contracts: readonly Contract[], service: string): number {
  const next = firstInternalPort + contracts.findIndex(({ name }) => name === service)
  return next < severalServicesPort ? next : next + 1
}
