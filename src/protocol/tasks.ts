// The module that the other thread loads: every task of every dialect.
import { recordsTasks } from './records/tasks.ts'
import { v2Tasks } from './v2/tasks.ts'

export const tasks = { ...v2Tasks, ...recordsTasks }
