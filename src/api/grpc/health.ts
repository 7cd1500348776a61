// The standard health service. It says SERVING for every service and without a key: official clients
// refuse to connect otherwise.

import type { handleServerStreamingCall, handleUnaryCall } from '@grpc/grpc-js';
import {
  type HealthCheckResponse,
  HealthCheckResponseServingStatus,
} from './generated/messages.ts';
import type { Codec } from './protocol.ts';

/** One question, one answer. */
export function healthCheckHandler(
  codec: Codec<HealthCheckResponse>,
  closing: AbortSignal,
): handleUnaryCall<Buffer, Buffer> {
  return (_wire, respond) => respond(null, encodeStatus(codec, closing));
}

/** The status now, and NOT_SERVING as the last word when the server closes. */
export function healthWatchHandler(
  codec: Codec<HealthCheckResponse>,
  closing: AbortSignal,
): handleServerStreamingCall<Buffer, Buffer> {
  return (wire) => {
    wire.write(encodeStatus(codec, closing));
    if (closing.aborted) {
      wire.end();
      return;
    }
    const finish = (): void => {
      wire.write(encodeStatus(codec, closing));
      wire.end();
    };
    closing.addEventListener('abort', finish, { once: true });
    wire.on('cancelled', () => {
      closing.removeEventListener('abort', finish);
      wire.end();
    });
  };
}

function encodeStatus(codec: Codec<HealthCheckResponse>, closing: AbortSignal): Buffer {
  const { SERVING, NOT_SERVING } = HealthCheckResponseServingStatus;
  return codec.encode({ status: closing.aborted ? NOT_SERVING : SERVING });
}
