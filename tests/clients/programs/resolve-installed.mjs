// Packages that a client program names are those of the folder where the clients are installed, not the project's own.
import { registerHooks } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const programs = pathToFileURL(`${import.meta.dirname}${path.sep}`).href
const installed = pathToFileURL(path.join(process.env.CLIENTS_FOLDER ?? '.', 'package.json')).href

registerHooks({
  resolve(specifier, context, next) {
    const isPackage = !/^(?:\.|\/|node:|file:)/.test(specifier)
    const isOurs = context.parentURL?.startsWith(programs) === true
    return next(specifier, isPackage && isOurs ? { ...context, parentURL: installed } : context)
  },
})
