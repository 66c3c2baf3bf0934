// What requests may reach: ready versions by model, in one immutable map that is replaced whole. Look-ups never wait for loads.
import type { Holds } from './handle.ts'

export interface ServedModel {
  readonly versions: ReadonlyMap<number, Holds>
  /** The version that answers when none is asked for: the highest ready one. */
  readonly standard: Holds
}

export type ServingMap = ReadonlyMap<string, ServedModel>

export function withVersion(map: ServingMap, model: string, version: number, holds: Holds): ServingMap {
  const versions = new Map(map.get(model)?.versions).set(version, holds)
  return replaced(map, model, versions)
}

export function withoutVersion(map: ServingMap, model: string, version: number): ServingMap {
  const versions = new Map(map.get(model)?.versions)
  versions.delete(version)
  return replaced(map, model, versions)
}

function replaced(map: ServingMap, model: string, versions: ReadonlyMap<number, Holds>): ServingMap {
  const copy = new Map(map)
  const standard = versions.get(Math.max(...versions.keys()))
  if (standard === undefined) copy.delete(model)
  else copy.set(model, { versions, standard })
  return copy
}
