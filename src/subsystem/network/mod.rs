//! The network of the host: its name, interfaces, ports and proxies.

pub mod cloud_hosts;
pub mod hostname;
pub mod interfaces;
pub mod nm_devices;
pub mod packet_filter;
pub mod ports;
pub mod proxy;
