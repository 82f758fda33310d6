import { fileURLToPath } from 'node:url'

/** Where the manifest and the lock of the clients are. */
export const pinnedFolder = fileURLToPath(new URL('..', import.meta.url))
export const programsFolder = fileURLToPath(new URL('../programs', import.meta.url))
/** Where they are installed, on demand. */
export const installedFolder = fileURLToPath(new URL('../../../.cache/clients', import.meta.url))
/** Where the last runs are written as JSON. */
export const resultsFolder = fileURLToPath(new URL('../../../.cache/clients/results', import.meta.url))
export const documentFile = fileURLToPath(new URL('../../../docs/clients.md', import.meta.url))
