"""The asyncio shell around `sync`: carriers of links, listening, dialling, finding peers."""
