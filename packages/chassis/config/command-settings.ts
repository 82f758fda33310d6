import { textSetting, urlSetting } from './setting.ts'

/** What commands that ask a running Parley read, besides PORT. */
export const commandSettings = {
  url: urlSetting('PARLEY_URL', {
    description: 'The public port of the Parley that a command asks.',
    protocols: ['http:', 'https:'],
    shownDefault: 'http://127.0.0.1 and PORT',
  }),
  key: textSetting('PARLEY_API_KEY', {
    description: 'A key with the scope operator.',
    fallback: null,
    isSecret: true,
  }),
}
