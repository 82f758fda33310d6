import { on, type Subscription } from '@parley/chassis/events/subscription.ts'
import { RequestContract } from '@parley/request/contract.ts'
import type { ProcessResponse } from '../application/process-response.ts'

export function createSubscriptions({ accept }: Pick<ProcessResponse, 'accept'>): readonly Subscription[] {
  return [on(RequestContract.events.submitted, accept)]
}
