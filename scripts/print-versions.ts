console.log(`Node ${process.version}, SQLite ${process.versions.sqlite}, ${process.platform}-${process.arch}`)
