import type { FastifyRequest } from 'fastify'
import t from 'tap'
import { dialectOf, dialects, routeOf } from '../../src/http/dialect.ts'

const request = (config: object, url?: string) =>
  ({ routeOptions: { config, url } }) as unknown as FastifyRequest

t.test('a route speaks V2 unless it says otherwise, and is called as people spell it', async t => {
  t.equal(dialectOf(request({})), 'v2')
  t.equal(dialectOf(request({ dialect: 'mlflow' })), 'mlflow')
  t.equal(routeOf(request({}, '/v2')), '/v2')
  t.equal(routeOf(request({ shownAs: '/v1/:predict' }, '/v1(^x)')), '/v1/:predict')
  t.equal(routeOf(request({})), undefined)
})

t.test('content types of each dialect', async t => {
  const json = [
    'application/json',
    'APPLICATION/JSON; charset=utf-8',
    'application/cloudevents+json',
    'application/json ;x'
  ]
  const own = {
    v2: 'application/octet-stream',
    v1: 'application/x-www-form-urlencoded',
    mlflow: 'text/csv'
  } as const
  for (const dialect of ['v2', 'v1', 'mlflow'] as const) {
    const { types } = dialects[dialect]
    for (const type of json) t.match(type, types, `${dialect} ${type}`)
    for (const [other, type] of Object.entries(own))
      t.equal(types.test(type), other === dialect, `${dialect} ${type}`)
    for (const type of [
      '',
      'text/json',
      'application/jsonp',
      'xapplication/json',
      'application/+json',
      'text/csvx'
    ])
      t.notMatch(type, types, `${dialect} ${JSON.stringify(type)}`)
  }
})
