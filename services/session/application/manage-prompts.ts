import { AppError } from '@parley/chassis/values/errors.ts'
import type { Transactor } from '@parley/chassis/values/transaction.ts'
import { fillTemplate, splitTemplate } from '@parley/kernel/prompt-template.ts'
import type { Prompt, SessionCalls } from '../contract.ts'
import type { PromptStore } from './ports.ts'

/** Of those who add a version at the same time one succeeds per try. */
const triesMax = 30

/** Adds a version; those that are there stay as they are. */
export function createCreatePrompt(store: Transactor, prompts: PromptStore): SessionCalls['createPrompt'] {
  return async function createPrompt({ principal }, { promptId, text }) {
    for (let count = 0; count < triesMax; count++) {
      const made = await store.transaction((tx) => prompts.insertNext(tx, principal.tenant, { promptId, text }))
      if (made !== undefined) return made
    }
    throw new AppError('OVERLOADED', 'Others add versions to this prompt at the same time. Try again.')
  }
}

/** The newest version in use when none is asked for. Throws TEMPLATE_NOT_FOUND. */
export function createGetPrompt(prompts: PromptStore): SessionCalls['getPrompt'] {
  return async function getPrompt({ principal }, query) {
    return find(prompts, principal.tenant, query)
  }
}

/** The newest version of each. */
export function createListPrompts(prompts: PromptStore): SessionCalls['listPrompts'] {
  return function listPrompts({ principal }, request) {
    return prompts.list(principal.tenant, request)
  }
}

export function createListPromptVersions(prompts: PromptStore): SessionCalls['listPromptVersions'] {
  return async function listPromptVersions({ principal }, { promptId, ...request }) {
    const page = await prompts.listVersions(principal.tenant, promptId, request)
    if (page.data.length === 0 && request.after === undefined) throw promptNotFound(promptId)
    return page
  }
}

/** Takes a version out of use for good; repeating it changes nothing. Throws TEMPLATE_NOT_FOUND. */
export function createRetirePrompt(store: Transactor, prompts: PromptStore): SessionCalls['retirePrompt'] {
  return async function retirePrompt({ principal }, { promptId, version }) {
    const retired = await store.transaction((tx) => prompts.retire(tx, principal.tenant, { promptId, version }))
    if (retired === undefined) throw versionNotFound(promptId, version)
    return retired
  }
}

/** Fills a prompt. Throws TEMPLATE_NOT_FOUND, also for a retired version; INVALID_REQUEST for a wrong variable. */
export function createRenderPrompt(prompts: PromptStore): SessionCalls['renderPrompt'] {
  return async function renderPrompt({ principal }, { promptId, version, variables }) {
    const prompt = await find(prompts, principal.tenant, { promptId, version })
    if (prompt.retiredAt !== null) throw versionNotFound(promptId, prompt.version)
    const filled = fillTemplate(splitTemplate(prompt.text), variables)
    if (filled.status === 'filled') return { instructions: filled.text }
    throw wrongVariable(prompt, filled)
  }
}

async function find(
  prompts: PromptStore,
  tenant: string,
  { promptId, version }: { promptId: string; version?: string },
): Promise<Prompt> {
  if (version === undefined) {
    const newest = await prompts.findNewest(tenant, promptId)
    if (newest === undefined) throw promptNotFound(promptId)
    return newest
  }
  const found = await prompts.find(tenant, { promptId, version })
  if (found !== undefined) return found
  throw (await prompts.has(tenant, promptId)) ? versionNotFound(promptId, version) : promptNotFound(promptId)
}

function promptNotFound(promptId: string): AppError {
  return new AppError('TEMPLATE_NOT_FOUND', `There is no prompt '${promptId}' in use.`, { param: 'prompt.id' })
}

function versionNotFound(promptId: string, version: string): AppError {
  return new AppError('TEMPLATE_NOT_FOUND', `The prompt '${promptId}' has no version '${version}' in use.`, {
    param: 'prompt.version',
  })
}

function wrongVariable({ promptId, variables }: Prompt, { status, name }: { status: string; name: string }): AppError {
  const problem = status === 'missing' ? `needs a value for the variable '${name}'` : `has no variable '${name}'`
  const known = variables.length === 0 ? 'it has none' : `it has: ${variables.join(', ')}`
  return new AppError('INVALID_REQUEST', `The prompt '${promptId}' ${problem}; ${known}.`, {
    param: `prompt.variables.${name}`,
  })
}
