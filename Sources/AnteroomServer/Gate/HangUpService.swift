import EdgeProxy
import HostSystem
import Logging
import RoomConfiguration
import ServiceLifecycle
import SessionTokens
import UnixSignals
import WaitingRoom

/// On SIGHUP: reads the configuration and the keys again and opens the access log anew.
struct HangUpService: Service {
    let signals: UnixSignalsSequence
    let reloader: ConfigurationReloader
    let keys: KeyRing
    let accessLog: AccessLogWriter
    let notifier: ServiceNotifier
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in signals {
                logger.notice("SIGHUP: reading the configuration and the keys again, and opening the access log anew")
                notifier.reloading()
                await reloader.reload()
                do {
                    _ = try keys.reload(now: SystemClock.now.milliseconds / 1000)
                } catch {
                    logger.error("The keys could not be read again", metadata: ["error": "\(error)"])
                }
                do {
                    try accessLog.reopen()
                } catch {
                    logger.error("The access log could not be opened again", metadata: ["error": "\(error)"])
                }
                notifier.reloaded()
            }
        }
    }
}
