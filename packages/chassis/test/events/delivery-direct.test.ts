import { deliverySuite } from './delivery-suite.ts'
import { directWay } from './event-house.ts'

deliverySuite('direct', { openWay: directWay })
