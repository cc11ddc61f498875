/**
 * What sort of device a classic Bluetooth device says it is, as far as it is kept. `car-kit`: a hands-free set or a car's sound
 * system; `headset`: on somebody's head; `other`: everything else, and devices that do not say.
 */
export const deviceClasses = ['car-kit', 'phone', 'headset', 'computer', 'other'] as const;
export type DeviceClass = (typeof deviceClasses)[number];

/** The highest Class of Device: 24 bits. */
export const classOfDeviceMax = 0xff_ff_ff;

const majorClasses = { computer: 0x01, phone: 0x02, audio: 0x04 } as const;

/** Minor classes of the major class audio/video: car kits are both of the hands-free sort and loudspeakers of a car. */
const audioClasses = new Map<number, DeviceClass>([
  [0x01, 'headset'],
  [0x02, 'car-kit'],
  [0x06, 'headset'],
  [0x08, 'car-kit'],
]);

/**
 * Brings the 24 bits of a Class of Device (0 to `classOfDeviceMax`) to one of a few words. Bits 8 to 12 are the major class, bits 2 to 7
 * the minor one: Bluetooth SIG, Assigned Numbers, section 2.8, Class of Device. The services in bits 13 to 23 are left out: they tell one
 * model from another, and say nothing of what the device is.
 */
export function deviceClassOf(classOfDevice: number): DeviceClass {
  switch ((classOfDevice >> 8) & 0x1f) {
    case majorClasses.computer:
      return 'computer';
    case majorClasses.phone:
      return 'phone';
    case majorClasses.audio:
      return audioClasses.get((classOfDevice >> 2) & 0x3f) ?? 'other';
    default:
      return 'other';
  }
}
