import type { AnyService } from '@parley/chassis/runtime/define-service.ts'
import { gateway } from '@parley/gateway/service.ts'
import { gpt } from '@parley/gpt/service.ts'
import { request } from '@parley/request/service.ts'
import { response } from '@parley/response/service.ts'
import { session } from '@parley/session/service.ts'

/** Every service of the system; `SERVICES` decides which of them a process runs. */
export const services: readonly AnyService[] = [gateway, session, request, response, gpt]
