/** Lines of shell for the guest: starts the bus of its system, which bluetoothd and NetworkManager talk over, where it does not run yet. */
export const systemBus = `
  mkdir -p /run/dbus
  dbus-uuidgen --ensure
  [ -S /run/dbus/system_bus_socket ] || dbus-daemon --system --fork`;
