// npm run services            starts PostgreSQL, Kafka and Zipkin on this machine, without Docker, and says how to use them
// npm run services -- stop    stops them; what they hold is kept
// npm run services -- status  says which of them answer
import path from 'node:path'
import { startServices, statusOfServices, stopServices } from './services/manage.ts'

const folder = path.join(path.dirname(import.meta.dirname), '.cache', 'services')
const [command = 'start'] = process.argv.slice(2)

if (command === 'start') {
  const { lines, problems } = await startServices(folder)
  for (const line of lines) console.log(line)
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
} else if (command === 'stop') {
  const stopped = await stopServices(folder)
  console.log(stopped.length === 0 ? 'nothing was running' : `stopped: ${stopped.join(', ')}`)
} else if (command === 'status') {
  console.log(await statusOfServices(folder))
} else {
  console.error(`there is no '${command}': start, stop or status`)
  process.exitCode = 2
}
