/** Lines of an environment file. */
export function settingsText(comment: string, settings: Readonly<Record<string, string>>): string {
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
  return `${[...comment.split('\n').map((line) => `# ${line}`), ...lines].join('\n')}\n`
}
