import type { Route } from '../route.ts'

/** Finds the methods that a path would take; none when the path is unknown. */
export function createRouteFinder(routes: readonly Route[]): (url: string) => string[] {
  const patterns = routes.map(({ path, method }) => ({ method, pattern: patternOf(path) }))
  return function findMethods(url) {
    const path = url.split('?', 1)[0] ?? ''
    return patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
  }
}

function patternOf(path: string): RegExp {
  const source = path.split(/\{\w+\}/).map((text) => text.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${source.join('[^/]+')}$`)
}
