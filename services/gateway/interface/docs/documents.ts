import { asyncApiOf } from '@parley/chassis/contract/asyncapi.ts'
import { GptContract } from '@parley/gpt/contract.ts'
import { RequestContract } from '@parley/request/contract.ts'
import { ResponseContract } from '@parley/response/contract.ts'
import { SessionContract } from '@parley/session/contract.ts'
import { Type } from 'typebox'
import { GatewayContract } from '../../contract.ts'
import { defineRoute, type Route } from '../route.ts'

const contracts = [GatewayContract, SessionContract, RequestContract, ResponseContract, GptContract]

/** The description of the events that pass between the services. */
export function asyncApiRoute(): Route {
  let text: string | null = null
  return defineRoute({
    method: 'GET',
    path: '/asyncapi.json',
    summary: 'Describe the events that pass between the services',
    scope: null,
    responses: { 200: { description: 'An AsyncAPI document.', body: Type.Object({ asyncapi: Type.String() }) } },
    async handle() {
      text ??= JSON.stringify(asyncApiOf(contracts))
      return { kind: 'json', status: 200, body: text }
    },
  })
}
