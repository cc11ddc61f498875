import { unreachable } from '@tdc/shared/errors.ts';
import type { Position } from '@tdc/shared/network.ts';

/** A position for people. */
export function positionText(position: Position): string {
  switch (position.type) {
    case 'geo':
      return `latitude ${position.latitude}, longitude ${position.longitude}`;
    case 'plane':
      return `x ${position.xM} m, y ${position.yM} m`;
    default:
      return unreachable(position);
  }
}
