# Prints pROC's AUC, DeLong interval and paired DeLong test of a CSV with champion, challenger, label.
suppressMessages(library(pROC))
rows <- read.csv(commandArgs(trailingOnly = TRUE)[1], colClasses = "numeric")
curves <- lapply(c("champion", "challenger"), function(name)
  roc(rows$label, rows[[name]], levels = c(0, 1), direction = "<", quiet = TRUE, algorithm = 2))
show <- function(name, value) cat(name, sprintf("%.17g", value), "\n")
for (i in 1:2) {
  name <- c("champion", "challenger")[i]
  interval <- ci.auc(curves[[i]], method = "delong")
  show(paste0(name, ".auc"), as.numeric(auc(curves[[i]])))
  show(paste0(name, ".low"), interval[1])
  show(paste0(name, ".high"), interval[3])
}
test <- roc.test(curves[[1]], curves[[2]], method = "delong", paired = TRUE, conf.level = 0.95)
show("p", test$p.value)
show("z", as.numeric(test$statistic)) # of champion - challenger
