// Loaded before the peer, which has no option for the address: every server of the process listens on loopback only.
const { Server } = require('node:net')

const listen = Server.prototype.listen
Server.prototype.listen = function (...args) {
  const [first] = args
  const callback = args.findLast((argument) => typeof argument === 'function')
  const options = typeof first === 'object' && first !== null ? first : { port: Number(first) }
  return listen.call(this, { ...options, host: '127.0.0.1' }, callback)
}
