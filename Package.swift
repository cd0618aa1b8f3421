// swift-tools-version:6.2
import PackageDescription

let swiftSettings: [SwiftSetting] =
    [
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0335-existential-any.md
        .enableUpcomingFeature("ExistentialAny"),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0444-member-import-visibility.md
        .enableUpcomingFeature("MemberImportVisibility"),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0409-access-level-on-imports.md
        .enableUpcomingFeature("InternalImportsByDefault"),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0461-async-function-isolation.md
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ] + (Context.environment["ANTEROOM_CI"] == nil ? [] : [.treatAllWarnings(as: .error)])

/// For targets that touch C or raw bytes.
/// https://github.com/swiftlang/swift-evolution/blob/main/proposals/0458-strict-memory-safety.md
let rawBytesSettings: [SwiftSetting] = swiftSettings + [.strictMemorySafety()]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let instrumentation = Target.Dependency.product(name: "Instrumentation", package: "swift-distributed-tracing")
let tracing = Target.Dependency.product(name: "Tracing", package: "swift-distributed-tracing")
let metrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioWebSocket = Target.Dependency.product(name: "NIOWebSocket", package: "swift-nio")
let nioConcurrencyHelpers = Target.Dependency.product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioHPACK = Target.Dependency.product(name: "NIOHPACK", package: "swift-nio-http2")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

/// Only for `make fuzz`; libFuzzer brings its own `main`.
let fuzzTargets: [Target] =
    Context.environment["ANTEROOM_FUZZ"] == nil
    ? []
    : [
        .executableTarget(
            name: "HTTPWireFuzz", dependencies: ["EdgeProxyProperties", "HTTPWireProperties"], path: "Fuzz/Driver",
            swiftSettings: swiftSettings + [.unsafeFlags(["-parse-as-library"])])
    ]

let package = Package(
    name: "anteroom",
    platforms: [.macOS(.v26)],
    products: [
        .executable(name: "anteroom", targets: ["anteroom"]),
        .executable(name: "demo-shop", targets: ["DemoShop"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.30.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .executableTarget(
            name: "anteroom",
            dependencies: [
                "AdminClient", "AnteroomServer", "EdgeProxy", "RoomConfiguration", "Simulation", "VisitorAPI",
                "WaitingRoom", argumentParser, logging,
            ],
            swiftSettings: swiftSettings),
        .target(
            name: "AnteroomServer",
            dependencies: [
                "AbuseGuard", "CaptchaClient", "EdgeProxy", "HostSystem", "OTLPTracing", "VisitorAPI", "AdminAPI",
                "Prometheus",
                "DragonflyStore", "NATSBus", "HistoryChecker", "RecordChain",
                "QueueStore", "SessionTokens", "RoomConfiguration", logging, nioCore, nioPosix, serviceLifecycle,
                tracing, unixSignals,
            ],
            swiftSettings: swiftSettings),
        .target(
            name: "EdgeProxy",
            dependencies: [
                "AbuseGuard", "VisitorAPI", "HTTPWire", "CertificateNames", "OTLPTracing", instrumentation, nioCore,
                nioPosix, nioSSL, nioTLS, tracing,
            ],
            swiftSettings: rawBytesSettings),
        .target(name: "CertificateNames", dependencies: [nioSSL], swiftSettings: swiftSettings),
        .target(
            name: "VisitorAPI",
            dependencies: [
                "AbuseGuard", "APIBodies", "QueueStore", "RecordChain", "SessionTokens", "RoomConfiguration",
                "COpenSSL", instrumentation, mustache, nioCore,
            ],
            resources: [.embedInCode("Pages/Resources"), .embedInCode("OpenAPI")], swiftSettings: swiftSettings),
        .target(name: "APIBodies", swiftSettings: swiftSettings),
        .target(
            name: "OTLPTracing",
            dependencies: ["HTTPWire", "QueueStore", asyncHTTPClient, logging, nioCore, nioHTTP1, tracing],
            swiftSettings: swiftSettings),
        .target(
            name: "CaptchaClient",
            dependencies: ["AbuseGuard", "RoomConfiguration", asyncHTTPClient, logging, nioCore, nioHTTP1],
            swiftSettings: swiftSettings),
        .target(
            name: "AdminClient",
            dependencies: ["RoomConfiguration", "WaitingRoom", asyncHTTPClient, nioCore, nioHTTP1, nioPosix],
            swiftSettings: swiftSettings),
        .target(
            name: "AbuseGuard", dependencies: ["RoomConfiguration", "SessionTokens", "WaitingRoom"],
            swiftSettings: swiftSettings),
        .target(
            name: "AdminAPI",
            dependencies: [
                "APIBodies", "Prometheus", "QueueStore", "RoomConfiguration", "SessionTokens", "WaitingRoom",
                hummingbird, logging, nioCore, serviceLifecycle,
            ],
            resources: [.embedInCode("Dashboard"), .embedInCode("OpenAPI")], swiftSettings: swiftSettings),
        .target(
            name: "DragonflyStore",
            dependencies: [
                "QueueStore", "RoomConfiguration", "WaitingRoom", "CertificateNames", "CHiredis", logging, nioCore,
                nioPosix, nioSSL, nioTLS,
            ],
            resources: [.embedInCode("Scripts/Lua")], swiftSettings: rawBytesSettings),
        .target(
            name: "NATSBus",
            dependencies: [
                "WaitingRoom", "QueueStore", "RecordChain", "RoomConfiguration", "CNATS", logging, nioPosix,
                nioConcurrencyHelpers, tracing,
            ],
            swiftSettings: rawBytesSettings),
        .target(
            name: "QueueStore", dependencies: ["WaitingRoom", "RecordChain", logging], swiftSettings: swiftSettings),
        .target(name: "RecordChain", dependencies: ["WaitingRoom", "COpenSSL"], swiftSettings: rawBytesSettings),
        .target(name: "SessionTokens", dependencies: ["WaitingRoom", "COpenSSL"], swiftSettings: rawBytesSettings),
        .target(
            name: "RoomConfiguration", dependencies: ["WaitingRoom", yams, logging, serviceLifecycle],
            swiftSettings: swiftSettings),
        .target(name: "HTTPWire", swiftSettings: rawBytesSettings),
        .target(name: "HostSystem", dependencies: ["CGNU"], swiftSettings: swiftSettings),
        .target(name: "HistoryChecker", dependencies: ["WaitingRoom"], swiftSettings: swiftSettings),
        .target(name: "Simulation", dependencies: ["WaitingRoom"], swiftSettings: swiftSettings),
        .target(name: "WaitingRoom", dependencies: [heap], swiftSettings: swiftSettings),
        .target(name: "Prometheus", dependencies: [metrics], swiftSettings: swiftSettings),
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CNATS", providers: [.apt(["libnats-dev"])]),
        .systemLibrary(name: "CGNU"),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .executableTarget(
            name: "DemoShop", dependencies: [nioCore, nioPosix, nioHTTP1, nioWebSocket], swiftSettings: swiftSettings),
        .executableTarget(
            name: "LineBenchmark", dependencies: ["WaitingRoom", "QueueStore", logging],
            path: "Benchmarks/LineBenchmark", swiftSettings: swiftSettings),
        .target(
            name: "HTTPWireProperties", dependencies: ["HTTPWire", nioCore, nioEmbedded, nioHPACK, nioHTTP1],
            path: "Fuzz/Properties", swiftSettings: swiftSettings),
        .target(
            name: "EdgeProxyProperties",
            dependencies: [
                "AbuseGuard", "EdgeProxy", "HTTPWire", "HTTPWireProperties", "QueueStore", "RoomConfiguration",
                "SessionTokens", "VisitorAPI", "WaitingRoom", nioCore, nioEmbedded, nioHPACK,
            ],
            path: "Fuzz/Connection", swiftSettings: swiftSettings),
        .testTarget(
            name: "AbuseGuardTests", dependencies: ["AbuseGuard", "RoomConfiguration", "SessionTokens", "WaitingRoom"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "AdminAPITests",
            dependencies: [
                "AdminAPI", "Prometheus", "QueueStore", "RoomConfiguration", "WaitingRoom", hummingbird, logging,
                nioCore, nioEmbedded, nioPosix, serviceLifecycle,
            ],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "AdminClientTests",
            dependencies: ["AdminClient", "RoomConfiguration", "WaitingRoom", nioCore, nioHTTP1, nioPosix],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "AnteroomServerTests",
            dependencies: [
                "AdminAPI", "AnteroomServer", "DragonflyStore", "EdgeProxy", "HostSystem", "NATSBus", "OTLPTracing",
                "Prometheus", "QueueStore", "VisitorAPI", "WaitingRoom", logging,
            ],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "DemoShopTests", dependencies: ["DemoShop", nioCore, nioHTTP1, nioEmbedded],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "DragonflyStoreTests",
            dependencies: [
                "DragonflyStore", "HistoryChecker", "QueueStore", "RoomConfiguration", "WaitingRoom", logging, nioCore,
                nioPosix, nioEmbedded,
            ],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "EdgeProxyTests",
            dependencies: [
                "EdgeProxy", "EdgeProxyProperties", "HTTPWire", "HTTPWireProperties", "RoomConfiguration", nioCore,
                nioPosix,
            ],
            swiftSettings: rawBytesSettings),
        .testTarget(
            name: "OTLPTracingTests", dependencies: ["HTTPWire", "OTLPTracing", logging, tracing],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "HistoryCheckerTests", dependencies: ["WaitingRoom", "HistoryChecker"], swiftSettings: swiftSettings),
        .testTarget(
            name: "HTTPWireTests", dependencies: ["HTTPWire", "HTTPWireProperties"], swiftSettings: swiftSettings),
        .testTarget(
            name: "NATSBusTests",
            dependencies: [
                "NATSBus", "CNATS", "QueueStore", "RecordChain", "RoomConfiguration", "WaitingRoom", logging,
            ],
            swiftSettings: swiftSettings),
        .testTarget(name: "PrometheusTests", dependencies: ["Prometheus", metrics], swiftSettings: swiftSettings),
        .testTarget(
            name: "QueueStoreTests",
            dependencies: ["WaitingRoom", "QueueStore", "RecordChain", "HistoryChecker", logging],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "RecordChainTests", dependencies: ["RecordChain", "WaitingRoom"], swiftSettings: swiftSettings),
        .testTarget(
            name: "RoomConfigurationTests", dependencies: ["RoomConfiguration", "WaitingRoom", logging],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "SessionTokensTests", dependencies: ["SessionTokens", "WaitingRoom", "COpenSSL"],
            exclude: ["Vectors/make_vectors.py", "Vectors/oracle.py"], swiftSettings: swiftSettings),
        .testTarget(
            name: "SimulationTests", dependencies: ["HistoryChecker", "Simulation", "WaitingRoom"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "VisitorAPITests",
            dependencies: [
                "AbuseGuard", "APIBodies", "VisitorAPI", "QueueStore", "RoomConfiguration", "SessionTokens",
                "WaitingRoom", nioCore, nioPosix,
            ], swiftSettings: swiftSettings),
        .testTarget(
            name: "WaitingRoomTests", dependencies: ["WaitingRoom", "HistoryChecker"], swiftSettings: swiftSettings),
    ] + fuzzTargets,
    swiftLanguageModes: [.v6]
)
