import OTLPTracing
import RoomConfiguration
import ServiceLifecycle

/// Has the exporter send about once a second, and at the end what is left.
struct TracingService: Service {
    let tracer: OTLPTracer
    let exporter: SpanExporter

    /// - Parameter sampling: nil: nothing is traced.
    func apply(_ configuration: TracingConfiguration, _ sampling: TraceSampling?) {
        tracer.apply(sampling)
        exporter.apply(endpoint: configuration.endpoint)
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await exporter.export()
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }
}
