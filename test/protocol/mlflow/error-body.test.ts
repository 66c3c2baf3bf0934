import t from 'tap'
import { type ErrorCode, errorCodes } from '../../../src/errors/codes.ts'
import { problemsError, ServingError } from '../../../src/errors/serving-error.ts'
import { mlflowErrorBody } from '../../../src/protocol/mlflow/error-body.ts'

t.test('an error in the words of MLflow, with ours beside them', async t => {
  const details = [{ path: 'a', problem: 'wrong' }]
  t.strictSame(mlflowErrorBody(problemsError('INVALID_INPUT', details), 'r1'), {
    error_code: 'BAD_REQUEST',
    message: 'a: wrong',
    code: 'INVALID_INPUT',
    request_id: 'r1',
    details
  })
  t.match(mlflowErrorBody(new ServingError('INTERNAL', 'the server failed'), 'r1'), {
    error_code: 'INTERNAL_ERROR'
  })
  t.match(mlflowErrorBody(new ServingError('MODEL_NOT_FOUND', 'no'), 'r1'), {
    error_code: 'RESOURCE_DOES_NOT_EXIST'
  })
})

t.test('each of our codes has one of theirs', async t => {
  for (const code of Object.keys(errorCodes) as ErrorCode[]) {
    const { error_code } = mlflowErrorBody(new ServingError(code, 'text'), '')
    t.match(error_code, /^[A-Z_]+$/, code)
    t.equal(error_code === 'INTERNAL_ERROR', errorCodes[code].status === 500, code)
  }
})
